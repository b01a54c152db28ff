import fc from "fast-check";
import { edited } from "./edits.ts";

/** Answers of HAProxy's Runtime API, with edits. */

const answers = [
  "Name: HAProxy\nVersion: 3.0.11-1+deb13u5\nPid: 4711\nUptime_sec: 12\nMaxconn: 9064\nCurrConns: 3\nCumConns: 9\nCumReq: 12\nConnRate: 1\n",
  "#<PID>          <type>          <reloads>       <uptime>        <version>\n4700            master          1               0d00h10m00s     3.0.11\n# workers\n4711            worker          0               0d00h05m00s     3.0.11\n# old workers\n4701            worker          1               0d00h10m00s     3.0.11\n# programs\n",
  '# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,weight,check_status,type,desc,\nstats,FRONTEND,,,1,2,1000,9,OPEN,,,0,,\npool,db1-6432,0,0,3,4,2000,7,UP,1,L7OK,2,"a, ""b""",\npool,BACKEND,0,0,3,4,200,7,UP,3,,1,,\n',
  "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_port\n4 pool 1 db1-6432 10.0.1.30 2 0 6432\n4 pool 2 db1-6433 10.0.1.30 0 9 6433\n",
  "0x7f9c8c0 shop.example.com plain|10.0.9.5|80|||30000|3600000|0|50|w\n0x7f9c8d0 a.example.com none||0|||1|1|0|0|\n",
  "# table: edge_sources, type: string, size:1048576, used:1\n0x7f3a: key=10.0.1.10 use=0 exp=59999 shard=0 conn_cur=2 gpc0=7 gpc1=0 gpc0_rate(10000)=2\n",
];

const pieces = [
  ...[
    "\n",
    "\n\n",
    ",",
    " ",
    '"',
    '""',
    "# ",
    "#",
    ":",
    "=",
    "(",
    ")",
    "0x",
    "key=",
    "gpc",
    "gpc(",
    "gpc99999999999=",
    "conn_cur=",
  ],
  ...[
    "-1",
    "99999999999999999999",
    "1e9",
    "NaN",
    "FRONTEND",
    "Pid: ",
    "# workers\n",
    "worker",
    "srv_name",
    "pxname,svname,",
    "\u0000",
  ],
  ...[",".repeat(20_000), "\n0x1: key=a gpc0=1".repeat(2000), "9".repeat(50_000)],
];

export const runtimeAnswers: fc.Arbitrary<string> = fc.oneof(
  ...answers.map((answer) => edited(answer, pieces)),
);
