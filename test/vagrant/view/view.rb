# view.rb FOLDER: what Vagrant itself takes from the Vagrantfile there, as JSON.
require "json"
require "vagrant"

environment = Vagrant::Environment.new(cwd: ARGV.fetch(0))
provider = environment.default_provider
machines = environment.machine_names.map do |name|
  loaded = environment.vagrantfile.machine_config(name, provider, nil)
  vm = loaded[:config].vm
  own = vm.get_provider_config(provider)
  {
    name: name,
    provider: provider,
    hostname: vm.hostname,
    box: { name: vm.box, version: vm.box_version, url: vm.box_url, checksum: vm.box_download_checksum },
    synced: vm.synced_folders.reject { |_, options| options[:disabled] }.keys,
    networks: vm.networks.map { |kind, options| { kind: kind }.merge(options.reject { |key, _| key == :id }) },
    settings: provider == :virtualbox ? own.customizations : { memory: own.memory, cpus: own.cpus, driver: own.driver },
  }
end
puts JSON.pretty_generate(machines)
