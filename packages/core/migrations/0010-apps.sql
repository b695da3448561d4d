create table apps (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  name text not null,
  description text not null default '',
  mode text not null,
  icon_type text,
  icon text,
  icon_background text,
  use_icon_as_answer_icon boolean not null default false,
  app_model_config_id uuid,
  -- The published workflow.
  workflow_id uuid,
  status text not null default 'normal',
  enable_site boolean not null default true,
  enable_api boolean not null default true,
  max_active_requests integer,
  tracing text,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index apps_tenant on apps (tenant_id, created_at desc);

create table app_model_configs (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  config text not null,
  created_by uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table sites (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade unique,
  title text not null,
  icon_type text,
  icon text,
  icon_background text,
  description text,
  default_language text not null default 'en-US',
  chat_color_theme text,
  chat_color_theme_inverted boolean not null default false,
  copyright text,
  privacy_policy text,
  show_workflow_steps boolean not null default true,
  use_icon_as_answer_icon boolean not null default false,
  custom_disclaimer text not null default '',
  customize_domain text,
  customize_token_strategy text not null default 'not_allow',
  prompt_public boolean not null default false,
  status text not null default 'normal',
  code text not null unique,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table api_tokens (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  app_id uuid references apps (id) on delete cascade,
  type text not null,
  token text not null unique,
  last_used_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index api_tokens_app on api_tokens (app_id);

create table end_users (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  app_id uuid references apps (id) on delete cascade,
  type text not null,
  external_user_id text,
  name text,
  is_anonymous boolean not null default true,
  session_id text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index end_users_session on end_users (app_id, type, session_id);

create table workflows (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  app_id uuid not null references apps (id) on delete cascade,
  type text not null,
  version text not null,
  marked_name text not null default '',
  marked_comment text not null default '',
  graph text not null,
  graph_hash text not null,
  features text not null,
  -- Lists of {id, name, description, selector, value_type, value}; the values of secrets are encrypted.
  environment_variables text not null default '[]',
  conversation_variables text not null default '[]',
  created_by uuid,
  updated_by uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index workflows_version on workflows (app_id, version);
