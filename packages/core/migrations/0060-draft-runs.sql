-- What the nodes of a draft gave last, for the variable inspector and for running single nodes.
create table draft_variables (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  node_id text not null,
  name text not null,
  description text not null default '',
  value_type text not null,
  value text not null,
  -- The value before people edited it.
  original_value text,
  is_edited boolean not null default false,
  is_editable boolean not null default true,
  is_visible boolean not null default true,
  node_execution_id uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (app_id, node_id, name)
);

-- The last execution of each node of a draft.
create table draft_node_runs (
  app_id uuid not null references apps (id) on delete cascade,
  node_id text not null,
  tenant_id uuid not null,
  record text not null,
  created_by uuid not null,
  updated_at timestamptz(3) not null default now(),
  primary key (app_id, node_id)
);
