-- Lets a connection wait for txn.delay_ms before anything of it goes on.
core.register_action("delay", { "tcp-req" }, function(txn)
  core.msleep(txn:get_var("txn.delay_ms"))
end)
