-- MCP servers whose tools a workspace uses.
create table tool_mcp_providers (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  user_id uuid not null,
  name text not null,
  server_identifier text not null,
  -- Address, headers and OAuth credentials are sealed under the tenant's key.
  server_url text not null,
  server_url_hash text not null,
  headers text,
  credentials text,
  icon text not null,
  is_authorized boolean not null default false,
  tools text not null,
  -- Seconds.
  timeout double precision not null default 30,
  sse_read_timeout double precision not null default 300,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, name),
  unique (tenant_id, server_identifier),
  unique (tenant_id, server_url_hash)
);

-- Apps that are MCP servers.
create table app_mcp_servers (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  app_id uuid not null unique references apps (id) on delete cascade,
  name text not null,
  description text not null default '',
  server_code text not null unique,
  status text not null default 'active',
  parameters text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
