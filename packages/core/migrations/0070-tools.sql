-- Named credentials of built-in and plugin providers.
create table tool_builtin_providers (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  user_id uuid not null,
  provider text not null,
  name text not null,
  -- api-key or oauth2
  credential_type text not null,
  is_default boolean not null default false,
  -- JSON of the form's values, sealed under the tenant's key.
  sealed text not null,
  -- Seconds since the epoch; -1 never.
  expires_at bigint not null default -1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider, name)
);

-- OAuth clients that workspaces bring for a provider.
create table tool_oauth_tenant_clients (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  provider text not null,
  is_enabled boolean not null default true,
  sealed text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, provider)
);

-- Tools that an OpenAPI or Swagger document describes.
create table tool_api_providers (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  user_id uuid not null,
  name text not null,
  icon text not null,
  schema text not null,
  schema_type text not null,
  description text not null default '',
  tools text not null,
  -- JSON; the key in it is sealed.
  credentials text not null,
  privacy_policy text,
  custom_disclaimer text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, name)
);

-- Workflows that other graphs and agents call.
create table tool_workflow_providers (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  user_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  name text not null,
  label text not null,
  icon text not null,
  description text not null default '',
  -- Of the published workflow that is called.
  version text not null,
  parameters text not null,
  privacy_policy text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, name),
  unique (tenant_id, app_id)
);

create table tool_label_bindings (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  tool_id uuid not null,
  tool_type text not null,
  label_name text not null,
  unique (tool_id, label_name)
);
