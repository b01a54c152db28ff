import { createServer } from "node:http";
import { boxes } from "../../../components/machines/vagrant/vagrantSpec.ts";

/** Plays Vagrant's catalogue, which has the product's boxes in their versions. Prints its own address. */

const server = createServer((request, response) => {
  const [provider, box] = Object.entries(boxes).find(([, { name }]) => request.url === `/${name}`) ?? [];
  if (box === undefined) {
    response.writeHead(404).end();
    return;
  }
  const providers = [{ name: provider, url: "http://127.0.0.1:1/no.box" }];
  const versions = [{ version: box.version, status: "active", providers }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ name: box.name, versions }));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port}`);
});
