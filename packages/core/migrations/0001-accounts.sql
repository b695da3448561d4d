create table accounts (
  id uuid primary key,
  name text not null,
  email text not null,
  password_hash text,
  avatar text,
  interface_language text not null default 'en-US',
  interface_theme text not null default 'light',
  timezone text not null default 'America/New_York',
  status text not null default 'active',
  last_login_at timestamptz(3),
  last_login_ip text,
  last_active_at timestamptz(3) not null default now(),
  initialized_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index accounts_email on accounts (email);

create table tenants (
  id uuid primary key,
  name text not null,
  plan text not null default 'basic',
  status text not null default 'normal',
  custom_config text not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table tenant_members (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  account_id uuid not null references accounts (id) on delete cascade,
  role text not null default 'normal',
  is_current boolean not null default false,
  invited_by uuid,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (tenant_id, account_id)
);
create index tenant_members_account on tenant_members (account_id);

-- One row at most: the installation has been set up.
create table installations (
  is_set_up boolean primary key default true check (is_set_up),
  version text not null,
  set_up_at timestamptz(3) not null default now()
);

create table refresh_tokens (
  token_hash text primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now()
);
create index refresh_tokens_account on refresh_tokens (account_id);

-- A tenant's AES key, itself encrypted under a key made from SECRET_KEY.
create table tenant_keys (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  wrapped_key text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
