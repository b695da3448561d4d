-- Named credentials of a provider (empty model and type) or of one of its models.
create table model_credentials (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  model text not null default '',
  model_type text not null default '',
  name text not null,
  -- JSON of the form's values, sealed under the tenant's key.
  sealed text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider, model, model_type, name)
);

-- What is set up: providers (empty model and type) and models with credentials of their own, each with the credentials in use.
create table configured_models (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  model text not null default '',
  model_type text not null default '',
  credential_id uuid references model_credentials (id) on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider, model, model_type)
);

create table model_settings (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  model text not null,
  model_type text not null,
  is_enabled boolean not null default true,
  is_load_balanced boolean not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider, model, model_type)
);

-- Further credentials that a model's calls may take turns with.
create table load_balancing_configs (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  model text not null,
  model_type text not null,
  name text not null,
  -- Null where credential_id names the credentials, or where the name is __inherit__.
  sealed text,
  credential_id uuid references model_credentials (id) on delete cascade,
  -- provider or custom_model
  credential_source text,
  is_enabled boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index load_balancing_configs_model on load_balancing_configs (tenant_id, provider, model, model_type);

create table default_models (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  model_type text not null,
  provider text not null,
  model text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, model_type)
);
