-- Whether a tenant prefers its own credentials of a provider or those of the installation.
create table preferred_provider_types (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  -- system or custom
  provider_type text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider)
);
