-- What models were asked for, by day.
create table model_usage (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  -- Of UTC.
  day date not null,
  provider text not null,
  model text not null,
  model_type text not null,
  currency text not null,
  calls bigint not null default 0,
  prompt_tokens bigint not null default 0,
  completion_tokens bigint not null default 0,
  total_price numeric not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, day, provider, model, model_type, currency)
);
