-- Holds a connection for txn.delay_ms before its data goes on.
core.register_action("delay", { "tcp-req" }, function(txn)
  core.msleep(txn:get_var("txn.delay_ms"))
end)
