/** What VBoxManage refuses: it prints this to stderr and ends with status 1. */
export class Refusal extends Error {
  /** @param code the API's name for it, where Vagrant looks for one: `VBOX_E_OBJECT_NOT_FOUND` */
  constructor(message: string, code?: string) {
    super(code === undefined ? message : `${message}\nVBoxManage: error: Details: code ${code}`);
  }
}

/** Something that VirtualBox may know and this program does not: it is named, and never ignored. */
export const unknown = (what: string) => new Refusal(`the tests' VBoxManage does not know ${what}`);
