-- A variable that is none: SQL's null stands for it.
alter table draft_variables alter column value drop not null;
