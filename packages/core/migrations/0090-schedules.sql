-- When each schedule fired last: whoever moves the time forward fires it.
create table schedules (
  name text primary key,
  fired_at timestamptz(3) not null
);
