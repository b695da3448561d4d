create table conversations (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  app_model_config_id uuid,
  override_config text,
  mode text not null,
  name text not null,
  summary text,
  inputs text not null default '{}',
  introduction text not null default '',
  status text not null default 'normal',
  invoke_from text not null,
  from_source text not null,
  from_end_user_id uuid,
  from_account_id uuid,
  read_at timestamptz(3),
  read_account_id uuid,
  dialogue_count integer not null default 0,
  is_deleted boolean not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index conversations_app on conversations (app_id, updated_at desc);
create index conversations_end_user on conversations (from_end_user_id, updated_at desc);
create index conversations_account on conversations (from_account_id, updated_at desc) where from_account_id is not null;

create table messages (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  conversation_id uuid not null,
  parent_message_id uuid,
  workflow_run_id uuid,
  inputs text not null default '{}',
  query text not null,
  answer text not null default '',
  message_tokens integer not null default 0,
  answer_tokens integer not null default 0,
  total_price numeric(12, 7) not null default 0,
  currency text not null default 'USD',
  provider_response_latency double precision not null default 0,
  status text not null default 'normal',
  error text,
  metadata text,
  files text not null default '[]',
  -- Whether the answer is there yet.
  is_finished boolean not null default false,
  invoke_from text not null,
  from_source text not null,
  from_end_user_id uuid,
  from_account_id uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index messages_conversation on messages (conversation_id, created_at desc, id desc);
create index messages_app on messages (app_id, created_at desc);
create index messages_run on messages (workflow_run_id);

create table message_feedbacks (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null,
  conversation_id uuid not null,
  message_id uuid not null references messages (id) on delete cascade,
  rating text not null,
  content text,
  from_source text not null,
  from_end_user_id uuid,
  from_account_id uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index message_feedbacks_user on message_feedbacks (message_id, from_source);
create index message_feedbacks_app on message_feedbacks (app_id, created_at desc);

create table message_annotations (
  id uuid primary key,
  tenant_id uuid not null,
  app_id uuid not null references apps (id) on delete cascade,
  conversation_id uuid,
  message_id uuid,
  question text not null,
  content text not null,
  hit_count integer not null default 0,
  account_id uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index message_annotations_app on message_annotations (app_id, created_at desc);

-- A conversation variable has one value in each conversation.
create table conversation_variables (
  id uuid not null,
  conversation_id uuid not null references conversations (id) on delete cascade,
  tenant_id uuid not null,
  app_id uuid not null,
  name text not null,
  description text not null default '',
  value_type text not null,
  value text not null,
  position integer not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (conversation_id, id)
);
