import { must } from "./onHost.ts";

/** What a person has set up on a machine before the product comes: daemons and rules that run. */

/** An haproxy that answers `mine` on port 8080, and firewall rules that let SSH and that port in. */
export async function ownServices(lab: string, machine: string): Promise<void> {
  await must(lab, machine, ["sh", "-e"], haproxyAndRules);
}

/** A keepalived that holds the pair's virtual address; returns once it does. */
export async function ownKeepalived(lab: string, machine: string): Promise<void> {
  await must(lab, machine, ["sh", "-e"], keepalived);
  await holdsAgain(lab, machine);
}

/** Waits until a machine's own keepalived holds the virtual address. */
export async function holdsAgain(lab: string, machine: string): Promise<void> {
  const held = "until ip -brief address | grep -q 10.0.1.100; do sleep 0.2; done";
  await must(lab, machine, ["timeout", "20", "sh", "-c", held]);
}

/** What the machine's own haproxy answers. */
export async function ownPage(lab: string, machine: string): Promise<string> {
  const argv = ["curl", "--silent", "--max-time", "5", "http://127.0.0.1:8080/"];
  return (await must(lab, machine, argv)).stdout;
}

const haproxyAndRules = `
cat > /etc/haproxy/haproxy.cfg <<'CFG'
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend mine
    bind :8080
    http-request return status 200 content-type text/plain string mine
CFG
chmod 0640 /etc/haproxy/haproxy.cfg
chgrp haproxy /etc/haproxy/haproxy.cfg
systemctl --quiet enable haproxy.service ufw.service
systemctl restart haproxy.service
ufw allow from 10.0.1.0/24 to any port 22 proto tcp
ufw allow 8080/tcp
ufw --force enable
systemctl start ufw.service
`;

const keepalived = `
cat > /etc/keepalived/keepalived.conf <<'CFG'
vrrp_instance mine {
    state MASTER
    interface host0
    virtual_router_id 99
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.0.1.100/32
    }
}
CFG
systemctl --quiet enable --now keepalived.service
`;
