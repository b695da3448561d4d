-- A process that executes runs. It proves that it lives by its heartbeat; one that is fenced may write no more.
create table run_executors (
  id uuid primary key,
  -- Host, boot and process namespace: where a dead process can be told at once.
  machine text not null,
  pid integer not null,
  alive_until timestamptz(3) not null,
  is_fenced boolean not null default false
);

-- The graphs that runs ran, each once.
create table run_graphs (
  tenant_id uuid not null,
  hash text not null,
  graph text not null,
  primary key (tenant_id, hash)
);

create table workflow_runs (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null,
  workflow_id uuid not null,
  type text not null,
  triggered_from text not null,
  invoke_from text not null,
  version text not null,
  graph_hash text not null,
  status text not null,
  inputs text not null,
  outputs text,
  error text,
  elapsed_time double precision not null default 0,
  total_tokens bigint not null default 0,
  total_steps integer not null default 0,
  exceptions_count integer not null default 0,
  created_by_role text not null,
  created_by uuid not null,
  conversation_id uuid,
  message_id uuid,
  -- What a process that takes the run over has to know beyond this row.
  context text not null,
  executor_id uuid,
  stop_reason text,
  created_at timestamptz(3) not null,
  finished_at timestamptz(3)
);
create index workflow_runs_app on workflow_runs (app_id, created_at desc, id desc);
create index workflow_runs_running on workflow_runs (executor_id) where status = 'running';

-- The journal: events `seq` to `seq + count - 1` of a run, as a JSON list.
create table run_events (
  run_id uuid not null,
  seq integer not null,
  count integer not null,
  events text not null,
  primary key (run_id, seq)
);
