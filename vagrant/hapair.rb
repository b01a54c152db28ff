require "digest"
require "json"
require "pathname"
require_relative "hapair/advice"
require_relative "hapair/product"

# What the Vagrantfile needs of the product: the stack's machines before Vagrant reads them, and a roll-out once they run.
module Hapair
  FILE = Pathname(__dir__).join("machines.json")
  # Commands that change machines need the config as it is now. A config that is broken or has changed must keep nobody
  # from halting or destroying what is there.
  CHANGING = %w[up reload provision resume validate].freeze
  CHANGING_SNAPSHOT = %w[restore pop].freeze
  # Beside Vagrant's own files of a machine: the settings that it was booted with.
  BOOTED = "hapair.json"
  # Machine actions after which the hosts may lack something that the stack has.
  DELIVERED = %i[up reload provision resume snapshot_restore].freeze

  # Sees each action of a machine from its begin to its end.
  class Witness
    def initialize(app, _env)
      @app = app
    end

    def call(env)
      machine = env[:machine]
      before = machine.state.id
      Advice.on_failure(machine) { @app.call(env) }
      return if env[:interrupted]
      Hapair.record(machine, env[:machine_action], before)
      Hapair.deliver_at_exit(machine.env)
    end
  end

  class Plugin < Vagrant.plugin("2")
    name "hapair"
    DELIVERED.each do |action|
      action_hook(:hapair, :"machine_action_#{action}") { |hook| hook.prepend(Witness) }
    end
  end

  class << self
    def machines
      @machines ||= rendered.tap { |spec| refuse_other_provider(spec["provider"]) }
    end

    def prefix
      "hapair-#{Digest::SHA256.hexdigest(__dir__)[0, 8]}-"
    end

    # Names of machines that Vagrant has and the stack does not have any more.
    def leftovers
      ids.map { |id| id.parent.parent.basename.to_s }.uniq - names
    end

    # The network of a machine's first adapter; nil: VirtualBox's own. One that is there keeps the one that it was made with.
    def first_network(name)
      made = ids.map(&:parent).find { |data| data.parent.basename.to_s == name }
      ((made && made_with(made.join(BOOTED))) || machines)["firstNetwork"]
    end

    # Writes down which settings a machine was booted with: it gets others by its next boot alone. Of one that is as it was
    # earlier only those are known that it was made with, and everything is delivered to it again.
    def record(machine, action, before)
      file = machine.data_dir.join(BOOTED)
      if action == :snapshot_restore
        token = machine.data_dir.join("hapair-token")
        token.delete if token.exist?
        made = made_with(file)
        file.write(JSON.generate(made)) if made
      elsif action == :reload || (action == :up && !%i[running saved paused].include?(before))
        settings = settings_of(machine.name.to_s)
        return if settings.nil? || machine.id.nil?
        made = made_with(file) if before != :not_created
        settings = settings.except(*of_making).merge(made) if made
        file.write(JSON.generate(settings))
      end
    end

    # Once, after Vagrant has released its locks: the roll-out may run Vagrant itself.
    def deliver_at_exit(env)
      return if @delivers || ENV["HAPAIR_DELIVERS"]
      @delivers = true
      at_exit { deliver(env) if $!.nil? || ($!.is_a?(SystemExit) && $!.success?) }
    end

    private

    def settings_of(name)
      own = machines["machines"].find { |each| each["name"] == name }
      own&.merge(machines.slice("bridge", "firstNetwork"))
    end

    # The settings that a new machine alone gets, of one that is there; nil where nobody knows them.
    def made_with(file)
      JSON.parse(file.read(encoding: "UTF-8")).slice(*of_making)
    rescue Errno::ENOENT, JSON::ParserError
      nil
    end

    def of_making
      Array(machines["ofMaking"])
    end

    def rendered
      return foreign? ? nothing : stored if stored && !changing?
      return nothing unless changing? || Product.there?
      status = Product.run("vagrant", ENV["HAPAIR_STACK"] || stored&.fetch("stack") || "vagrant", "--vagrant", Vagrant::VERSION)
      return with_plugin(stored) if status.zero?
      stop "Nothing was changed: the lines above say why." if changing?
      nothing
    end

    def changing?
      verb, action = ARGV.reject { |argument| argument.start_with?("-") }
      verb == "snapshot" ? CHANGING_SNAPSHOT.include?(action) : CHANGING.include?(verb)
    end

    # Whether the file came from another clone, and is of none of the machines that this one has: their provider counts.
    def foreign?
      providers = ids.map { |id| id.parent.basename.to_s }
      providers.any? && !providers.include?(stored["provider"])
    end

    # What Vagrant has can be halted and destroyed without a config.
    def nothing
      provider = ids.first&.parent&.basename&.to_s || "virtualbox"
      { "provider" => provider, "box" => { "name" => "none" }, "user" => "vagrant", "machines" => [] }
    end

    # The file as it is; nil where there is none, or one of another version of the program.
    def stored
      spec = JSON.parse(FILE.read(encoding: "UTF-8")) if FILE.exist?
      spec if spec.is_a?(Hash) && spec["version"] == 1 && spec["machines"].is_a?(Array)
    rescue JSON::ParserError
      nil
    end

    # Vagrant's own files of the machines that it has.
    def ids
      Pathname(File.expand_path(ENV["VAGRANT_DOTFILE_PATH"] || ".vagrant", __dir__)).glob("machines/*/*/id")
    end

    def with_plugin(spec)
      return spec if Vagrant.plugin("2").manager.providers.key?(spec["provider"].to_sym)
      stop "Vagrant has no plugin for #{spec["provider"]}: vagrant plugin install vagrant-#{spec["provider"]}, " \
           "on Debian sudo apt-get install vagrant-#{spec["provider"]}, then this again."
    end

    def refuse_other_provider(provider)
      asked = ARGV.join(" ")[/--provider[ =](\S+)/, 1]
      return if asked.nil? || asked == provider
      stop "The stack's machines are made by #{provider}: set vagrant.provider to #{asked} in its config instead."
    end

    def names
      machines["machines"].map { |machine| machine["name"] }
    end

    def deliver(env)
      missing = names.reject { |name| env.machine(name.to_sym, machines["provider"].to_sym).state.id == :running }
      if missing.any?
        $stderr.puts "hapair: nothing was delivered, as #{missing.join(", ")} #{missing.one? ? "does" : "do"} not run: " \
                     "vagrant up #{missing.join(" ")} starts what is missing, then delivers."
      else
        exit Product.run("up", machines["stack"])
      end
    end
  end
end
