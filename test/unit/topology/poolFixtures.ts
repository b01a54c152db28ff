/** A certificate that is valid for a hundred years; nobody has its key. */
export const authority = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUf0h0F5FBpI2rALAfCmheX9H2Dy8wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI4MTg0MDI3WhgPMjEy
NjExMDQxODQwMjdaMBkxFzAVBgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEMmpqNULNpi3tvmeVkWnBGVE2SI/y45KD8hp6zVLP
ErHxMUr0WPpZXxWtetcMw4sigMKpZI1wRnYxRkFiGwOX4aNTMFEwHQYDVR0OBBYE
FJx4k99Yo4sc05u6CWvnyqbah4zUMB8GA1UdIwQYMBaAFJx4k99Yo4sc05u6CWvn
yqbah4zUMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgKQ312vFc
2Vou6zjw5xGfSMIrNFte6PQU+2drJIHJal4CIGVMcw0/aOhLZrhijOCxQ0U1vQNb
GsYCP2fj7OLopylQ
-----END CERTIFICATE-----
`;

const db1 = { name: "db1", address: "10.0.1.30" };
const db2 = { name: "db2", address: "10.0.1.31" };
const external = { address: "db.example.com", ca: authority };

/** Pools of each kind, and the keys of the config that they need. */
export const pools = {
  "two-machines": { pool: { machines: [db1, db2] }, config: {} },
  "on-nodes": { pool: { on: "nodes", machines: [db1] }, config: {} },
  external: {
    pool: { machines: [db1], database: { name: "orders", user: "shop", external } },
    config: { secrets: "config" },
  },
  "external-on-nodes": {
    pool: { on: "nodes", database: { external: { address: "10.0.1.60", tls: "require" } } },
    config: { secrets: "config" },
  },
} as const;
