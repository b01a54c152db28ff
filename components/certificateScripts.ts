import { shellWord } from "../base/commands.ts";
import { isAddress } from "../topology/ip.ts";

/**
 * Shell scripts that print a key and its certificate (PEM); openssl's messages go to standard error. They need no more than
 * openssl's `ca` of any version: `req -x509` of OpenSSL before 3.4 and of LibreSSL can set no beginning.
 */

/** An authority that may certify hosts and no other authority. */
export function authorityScript(subject: string, days: number): string {
  return script({
    subject,
    days,
    signing: "-selfsign -keyfile key",
    extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign"],
  });
}

/** A server with these names and addresses; the script reads its authority's key and certificate from standard input. */
export function certificateScript(subject: string, names: readonly string[], days: number): string {
  const alternatives = names.map((name) => `${isAddress(name) ? "IP" : "DNS"}:${name}`).join(",");
  return script({
    subject,
    days,
    signing: "-cert authority -keyfile authority",
    extensions: [
      "basicConstraints=critical,CA:FALSE",
      "keyUsage=critical,digitalSignature",
      "extendedKeyUsage=serverAuth",
      `subjectAltName=${alternatives}`,
    ],
    before: ["cat > authority"],
  });
}

interface Certificate {
  /** Common name. */
  readonly subject: string;
  /** From now on. */
  readonly days: number;
  /** Options of `openssl ca` for who signs. */
  readonly signing: string;
  readonly extensions: readonly string[];
  readonly before?: readonly string[];
}

function script({ subject, days, signing, extensions, before = [] }: Certificate): string {
  const settings = [
    "[ca]",
    "default_ca=own",
    "[own]",
    "database=index",
    "serial=serial",
    "new_certs_dir=.",
    "default_md=sha256",
    "policy=any",
    "x509_extensions=extensions",
    "[any]",
    "commonName=supplied",
    "[extensions]",
    "subjectKeyIdentifier=hash",
    "authorityKeyIdentifier=keyid",
    ...extensions,
    "[req]",
    "distinguished_name=name",
    "[name]",
  ];
  return [
    'set -e; umask 077; folder=$(mktemp -d); trap \'rm -rf "$folder"\' EXIT; cd "$folder"',
    ...before,
    `printf '%s\\n' ${settings.map(shellWord).join(" ")} > settings; : > index; openssl rand -hex 16 > serial`,
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key",
    `openssl req -new -config settings -key key -subj ${shellWord(`/CN=${subject}`)} -out request`,
    // A host whose clock is behind must not refuse it. GNU's date, or BSD's.
    "start=$(date -u -d '1 day ago' +%y%m%d%H%M%SZ 2>/dev/null || date -u -v-1d +%y%m%d%H%M%SZ)",
    `openssl ca -batch -notext -config settings ${signing} -startdate "$start" -days ${days} -in request -out certificate >&2`,
    "cat key certificate",
  ].join("\n");
}
