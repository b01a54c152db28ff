-- Declared by hapair. The next apply replaces edits and keeps a copy in /var/lib/hapair/edited.

-- Headers of routes: a line for each, `name value`, or a name alone where it is removed. The agent's schema has no other
-- characters; whatever else a line has, it must not begin another header.
local function each(txn, set, remove)
  for line in txn:get_var("txn.headers"):gmatch("[^\n]+") do
    local name, value = line:match("^([%w!#$%%&'*+.^_`|~-]+) (%C+)$")
    if name then
      set(txn.http, name, value)
    elseif line:find("^[%w!#$%%&'*+.^_`|~-]+$") then
      remove(txn.http, line)
    end
  end
end

core.register_action("request_headers", { "http-req" }, function(txn)
  each(txn, txn.http.req_set_header, txn.http.req_del_header)
end)

core.register_action("answer_headers", { "http-res" }, function(txn)
  each(txn, txn.http.res_set_header, txn.http.res_del_header)
end)
