/** Commits tell what they change, and nodes know who tells it. */
export const newsStep = `
alter table hapair_routes.head
  -- for the check values of messages: any role may send on a channel that it knows, and only ours reads this
  add column key bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid(), '-', ''), 'hex');

-- A message with its sender, so that nobody else can repeat it, and with its check value as the last member. PostgreSQL
-- has no HMAC without an extension; as what follows the key has always the same length, nobody can lengthen it.
create function hapair_routes.sealed(_message jsonb, _key bytea) returns text language sql stable as $$
  select left(text, -1) || ', "check": "' || encode(sha256(_key || sha256(convert_to(text, 'UTF8'))), 'hex') || '"}'
    from (select (_message || jsonb_build_object('sender', pg_backend_pid()))::text) m (text)
$$;

-- Commits each asked transaction, or refuses it, by itself: one that is refused changes nothing and stops no other.
-- The row of the head is locked until the end, so the order of numbers is that of the commits. The notification has the
-- changes themselves where these fit: a node that has the version before them need not read them.
create or replace function hapair_routes.commit(_pair text, _version bigint, _mark text, _asked jsonb) returns jsonb
language plpgsql as $$
declare
  h hapair_routes.head;
  begun bigint;
  begun_mark text;
  standing text;
  asked jsonb;
  answer jsonb;
  answers jsonb := '[]';
  earlier hapair_routes.requests;
  replaced jsonb;
  taken text;
  missing text;
  amount int;
  message jsonb;
  news text;
begin
  select * into strict h from hapair_routes.head where pair = _pair for update;
  begun := h.version;
  begun_mark := h.mark;
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
    message := jsonb_build_object('version', h.version);
    if h.version - begun <= 50 then
      news := hapair_routes.sealed(message || jsonb_build_object('news', jsonb_build_object(
        'after', begun, 'mark', begun_mark, 'changes', (
          select jsonb_agg(jsonb_build_object('version', l.version, 'transaction', l.transaction, 'mark', l.mark,
              'host', l.host, 'route', l.route) order by l.version)
            from hapair_routes.log l where l.pair = _pair and l.version > begun))), h.key);
    end if;
    -- PostgreSQL's bound of a notification.
    if news is null or octet_length(news) >= 8000 then
      news := hapair_routes.sealed(message, h.key);
    end if;
    perform pg_notify(h.channel, news);
  end if;
  return jsonb_build_object('standing', 'same', 'answers', answers);
end $$;
`;
