/** Takes a commit back. */
export const takeBackStep = `
-- Commits what takes back the commit of this number, unless one of its hosts has changed since.
create function hapair_routes.take_back(_pair text, _version bigint, _mark text, _number bigint, _asked jsonb) returns jsonb
language plpgsql as $$
declare
  h hapair_routes.head;
begin
  select * into strict h from hapair_routes.head where pair = _pair for update;
  if exists (
    select from jsonb_array_elements(_asked -> 'changes') x
      join hapair_routes.log l on l.pair = _pair and l.version > _number and l.host = x ->> 'host'
  ) then
    return jsonb_build_object('standing', 'same',
      'answers', jsonb_build_array(jsonb_build_object('refused', 'changed', 'version', h.version)));
  end if;
  delete from hapair_routes.requests r
    where r.pair = _pair and r.who = _asked ->> 'who' and r.key = _asked ->> 'key';
  return hapair_routes.commit(_pair, _version, _mark, jsonb_build_array(_asked - 'key' - 'digest'));
end $$;
`;
