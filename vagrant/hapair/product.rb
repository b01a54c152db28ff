# Runs commands of the product.
module Hapair
  # Ends Vagrant's command with a sentence. An error of Vagrant's would get a heading that blames Vagrant.
  def self.stop(text)
    $stderr.puts "hapair: #{text}"
    exit 1
  end

  module Product
    ROOT = File.expand_path("../..", __dir__)
    SIGNALS = %w[INT TERM HUP].freeze

    class << self
      # Runs a command and waits for its end, whatever signal comes: an engine that is asked to stop ends in order.
      # @return its exit status
      def run(*words)
        Hapair.stop "The project's packages are missing: run npm ci in #{ROOT}, then this again." unless there?
        handed_on do |started|
          Vagrant::Util::Env.with_original_env do
            started.call(Process.spawn("node", "tools/bootstrap.mjs", "cli/main.ts", *words, chdir: ROOT, out: :err))
          end
        end
      rescue Errno::ENOENT
        Hapair.stop "node is missing: install Node 18 or newer, on Debian with apt-get install nodejs npm."
      end

      def there?
        File.directory?(File.join(ROOT, "node_modules"))
      end

      private

      # Hands this process' signals on to the child that the block starts.
      def handed_on
        child = nil
        early = []
        before = SIGNALS.to_h { |signal| [signal, trap(signal) { child ? forward(signal, child) : early << signal }] }
        yield ->(pid) { child = pid }
        early.each { |signal| forward(signal, child) }
        _, status = Process.wait2(child)
        status.exitstatus || 128 + status.termsig
      ensure
        before&.each { |signal, handler| trap(signal, handler || "DEFAULT") }
      end

      # A terminal sends ^C to the child as well, and a second one would make the engine stop at once.
      def forward(signal, child)
        return if signal == "INT" && [$stdin, $stdout, $stderr].any?(&:tty?)
        Process.kill(signal, child)
      rescue Errno::ESRCH
        # It has ended already.
      end
    end
  end
end
