import { askNeighbours } from "../../../cli/targets/vagrant/doctor/neighbours.ts";
import { devicesOn } from "../../../cli/targets/vagrant/doctor/networkFindings.ts";
import { ownAddresses } from "../../../cli/targets/vagrant/doctor/thisMachine.ts";

/** Prints what the network answers for the addresses that are its arguments. */
const devices = devicesOn("10.99.0.0/24", await ownAddresses(), "laptop");
console.log(JSON.stringify(await askNeighbours(process.argv.slice(2), devices)));
