/** Tables, and the functions that read, commit and restore. */
export const firstStep = `
create table hapair_routes.head (
  pair text primary key,
  version bigint not null,
  -- LINEAGE.EPOCH.COMMIT: the database's own, how often it was restored from a node, and the commit of this version
  mark text not null,
  -- the log begins after this version, which has this mark
  pruned bigint not null,
  pruned_mark text not null,
  -- any role may send on a channel that it knows, so this one cannot be guessed
  channel text not null
) with (fillfactor = 20);

create table hapair_routes.log (
  pair text not null,
  version bigint not null,
  transaction bigint not null,
  mark text not null,
  host text not null,
  route jsonb,
  who text not null,
  at timestamptz not null default now(),
  primary key (pair, version)
);

create table hapair_routes.current (
  pair text not null,
  host text not null,
  agent text not null,
  version bigint not null,
  route jsonb not null,
  primary key (pair, host)
);

create table hapair_routes.requests (
  pair text not null,
  who text not null,
  key text not null,
  digest text not null,
  answer jsonb not null,
  at timestamptz not null default now(),
  primary key (pair, who, key)
);
create index on hapair_routes.requests (pair, at);

create function hapair_routes.fresh() returns text language sql volatile as $$
  select lpad(to_hex((random() * 4294967295)::bigint), 8, '0')
$$;

-- How a node's position relates to the store: same (history); stale (the node needs a snapshot); other (history)
create function hapair_routes.standing(_head hapair_routes.head, _version bigint, _mark text) returns text
language sql stable as $$
  select case
    when _mark is null then 'stale'
    when split_part(_mark, '.', 1) <> split_part(_head.mark, '.', 1) then 'other'
    when split_part(_mark, '.', 2)::int < split_part(_head.mark, '.', 2)::int then 'stale'
    when split_part(_mark, '.', 2)::int > split_part(_head.mark, '.', 2)::int then 'other'
    when _version = _head.version then case when _mark = _head.mark then 'same' else 'other' end
    when _version < _head.pruned then 'stale'
    when _version = _head.pruned then case when _mark = _head.pruned_mark then 'same' else 'other' end
    when exists (
      select from hapair_routes.log l where l.pair = _head.pair and l.version = _version and l.mark = _mark
    ) then 'same'
    else 'other'
  end
$$;

-- Makes a pair known. Returns its channel.
create function hapair_routes.join(_pair text) returns text language plpgsql as $$
declare
  mark text := hapair_routes.fresh() || '.1.0';
begin
  insert into hapair_routes.head (pair, version, mark, pruned, pruned_mark, channel)
    values (_pair, 0, mark, 0, mark, 'hapair_routes_' || replace(gen_random_uuid()::text, '-', ''))
    on conflict do nothing;
  return (select h.channel from hapair_routes.head h where h.pair = _pair);
end $$;

-- What is newer than a position: about so many changes, whole transactions; or everything. One consistent view.
create function hapair_routes.read(_pair text, _version bigint, _mark text, _most int) returns jsonb
language plpgsql stable as $$
declare
  h hapair_routes.head;
  standing text;
  until bigint;
begin
  select * into strict h from hapair_routes.head where pair = _pair;
  standing := hapair_routes.standing(h, _version, _mark);
  if standing = 'stale' then
    return jsonb_build_object('standing', standing, 'version', h.version, 'mark', h.mark, 'routes', (
      select coalesce(jsonb_agg(c.route || jsonb_build_object('version', c.version)), '[]')
        from hapair_routes.current c where c.pair = _pair));
  end if;
  if standing = 'same' and _version < h.version then
    select max(l.transaction) into until from (
      select transaction from hapair_routes.log where pair = _pair and version > _version order by version limit _most
    ) l;
  end if;
  return jsonb_build_object('standing', standing, 'version', h.version, 'changes', (
    select coalesce(jsonb_agg(jsonb_build_object('version', l.version, 'transaction', l.transaction, 'mark', l.mark,
        'host', l.host, 'route', l.route) order by l.version), '[]')
      from hapair_routes.log l where l.pair = _pair and l.version > _version and l.version <= until));
end $$;

-- Commits each asked transaction, or refuses it, by itself: one that is refused changes nothing and stops no other.
-- The row of the head is locked until the end, so the order of numbers is that of the commits.
create function hapair_routes.commit(_pair text, _version bigint, _mark text, _asked jsonb) returns jsonb
language plpgsql as $$
declare
  h hapair_routes.head;
  begun bigint;
  standing text;
  asked jsonb;
  answer jsonb;
  answers jsonb := '[]';
  earlier hapair_routes.requests;
  replaced jsonb;
  taken text;
  missing text;
  amount int;
begin
  select * into strict h from hapair_routes.head where pair = _pair for update;
  begun := h.version;
  standing := hapair_routes.standing(h, _version, _mark);
  if standing = 'other' then
    return jsonb_build_object('standing', standing, 'version', h.version);
  end if;
  h.mark := split_part(h.mark, '.', 1) || '.' || split_part(h.mark, '.', 2) || '.' || hapair_routes.fresh();

  for asked in select value from jsonb_array_elements(_asked) loop
    earlier := null;
    if asked ? 'key' then
      -- A key that is older than this is a new one, whether the others of its age are gone already or not.
      delete from hapair_routes.requests r
        where r.pair = _pair and r.who = asked ->> 'who' and r.key = asked ->> 'key' and r.at < now() - interval '1 day';
      select * into earlier from hapair_routes.requests r
        where r.pair = _pair and r.who = asked ->> 'who' and r.key = asked ->> 'key';
    end if;
    if earlier.answer is not null then
      answers := answers || case when earlier.digest = asked ->> 'digest' then earlier.answer
        else '{"refused": "reused"}' end;
      continue;
    end if;
    if (asked ->> 'ifVersion')::bigint <> h.version then
      answers := answers || jsonb_build_object('refused', 'changed', 'version', h.version);
      continue;
    end if;

    select jsonb_agg(c.route || jsonb_build_object('version', c.version) order by x.place),
        min(c.host) filter (where c.agent <> x.change ->> 'agent'),
        min(x.change ->> 'host') filter (where c.host is null and not x.change ? 'route'),
        count(*)
      into replaced, taken, missing, amount
      from jsonb_array_elements(asked -> 'changes') with ordinality as x (change, place)
      left join hapair_routes.current c on c.pair = _pair and c.host = x.change ->> 'host';
    if taken is not null or missing is not null then
      answers := answers || case when taken is not null
        then jsonb_build_object('refused', 'taken', 'host', taken)
        else jsonb_build_object('refused', 'not-found', 'host', missing) end;
      continue;
    end if;

    with x as (
      select change, h.version + place as version
        from jsonb_array_elements(asked -> 'changes') with ordinality as e (change, place)
    ), logged as (
      insert into hapair_routes.log (pair, version, transaction, mark, host, route, who)
        select _pair, x.version, h.version + amount, h.mark, x.change ->> 'host', x.change -> 'route', asked ->> 'who'
          from x
    ), removed as (
      delete from hapair_routes.current c using x
        where c.pair = _pair and c.host = x.change ->> 'host' and not x.change ? 'route'
    )
    insert into hapair_routes.current (pair, host, agent, version, route)
      select _pair, x.change ->> 'host', x.change ->> 'agent', x.version, x.change -> 'route'
        from x where x.change ? 'route'
      on conflict (pair, host) do update
        set agent = excluded.agent, version = excluded.version, route = excluded.route;
    h.version := h.version + amount;

    answer := jsonb_build_object('version', h.version, 'before', replaced);
    if asked ? 'key' then
      insert into hapair_routes.requests (pair, who, key, digest, answer)
        values (_pair, asked ->> 'who', asked ->> 'key', asked ->> 'digest', answer);
    end if;
    answers := answers || answer;
  end loop;

  if h.version > begun then
    -- From time to time, a little.
    if h.version / 1000 > begun / 1000 then
      if h.version - 100000 > h.pruned then
        h.pruned := h.version - 100000;
        select l.mark into strict h.pruned_mark from hapair_routes.log l where l.pair = _pair and l.version = h.pruned;
      end if;
      delete from hapair_routes.log where pair = _pair and version <= h.pruned;
      delete from hapair_routes.requests where pair = _pair and at < now() - interval '1 day';
    end if;
    update hapair_routes.head
      set version = h.version, mark = h.mark, pruned = h.pruned, pruned_mark = h.pruned_mark where pair = _pair;
    perform pg_notify(h.channel, jsonb_build_object('version', h.version)::text);
  end if;
  return jsonb_build_object('standing', 'same', 'answers', answers);
end $$;

-- Puts a node's table in place of everything. Its lineage is the node's, its epoch newer than any: every node takes it.
create function hapair_routes.restore(_pair text, _version bigint, _mark text, _routes jsonb) returns bigint
language plpgsql as $$
declare
  h hapair_routes.head;
  lineage text;
  epoch int;
begin
  select * into strict h from hapair_routes.head where pair = _pair for update;
  lineage := split_part(h.mark, '.', 1);
  epoch := split_part(h.mark, '.', 2)::int;
  if _mark is not null then
    epoch := case when split_part(_mark, '.', 1) = lineage then greatest(epoch, split_part(_mark, '.', 2)::int)
      else split_part(_mark, '.', 2)::int end;
    lineage := split_part(_mark, '.', 1);
  end if;
  h.version := greatest(h.version, _version) + 1;
  h.mark := lineage || '.' || (epoch + 1) || '.' || hapair_routes.fresh();
  delete from hapair_routes.log where pair = _pair;
  delete from hapair_routes.requests where pair = _pair;
  delete from hapair_routes.current where pair = _pair;
  insert into hapair_routes.current (pair, host, agent, version, route)
    select _pair, value ->> 'host', value ->> 'agent', (value ->> 'version')::bigint, value - 'version'
      from jsonb_array_elements(_routes);
  update hapair_routes.head
    set version = h.version, mark = h.mark, pruned = h.version, pruned_mark = h.mark where pair = _pair;
  perform pg_notify(h.channel, jsonb_build_object('version', h.version)::text);
  return h.version;
end $$;`;
