module Hapair
  # A failure of Vagrant's with what to do about it.
  class Advised < Vagrant::Errors::VagrantError
    def initialize(text)
      @text = text
      super()
    end

    def error_message
      @text
    end
  end

  # What to do about failures of which Vagrant or the provider says only what happened.
  module Advice
    # By the class of the error or its words.
    KNOWN = [
      [/VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE/, "another hypervisor has the processor: npm run doctor -- %<stack>s prints what frees it, then run this again."],
      [/MachineLocked/, "another Vagrant works on it, and pgrep -af vagrant shows it: wait for its end or end it, then run this again."],
      [/DomainVolumeExists/, "its virtual machine was removed outside Vagrant, and its disk is still there: vagrant destroy -f %<name>s removes it, then run this again."],
      # Vagrant destroys none that VirtualBox cannot read.
      [/VMInaccessible/, "VirtualBox's own file of it was removed outside Vagrant: VBoxManage unregistervm %<id>s makes VirtualBox forget it, then run this again."],
      # Before the two below: nothing may be removed of a disk that is there.
      [/(storage file|medium).*(Permission denied|VERR_ACCESS_DENIED)/m, "its disk is there and may not be read: let the user that runs virtual machines read that file and walk through its folders, then run this again."],
      # vagrant-libvirt ends in the middle of destroying a machine without its disk.
      [/Cannot access storage file.*No such file/m, "its disk was removed outside Vagrant: virsh --connect qemu:///system undefine %<id>s makes libvirt forget it, then run this again."],
      [/NoDomainVolume|VERR_(FILE|PATH)_NOT_FOUND/, "its disk or a part of it was removed outside Vagrant: vagrant destroy -f %<name>s removes the rest, then run this again."],
      [/Nonexistent host networking interface|Cannot get interface MTU|no network interface .*found/i, "the adapter that it is bridged to is gone: connect it, or set vagrant.bridge in the stack's config, then run this again."],
      [/BoxAddDirectVersion/, "a box file has no versions: remove vagrant.box.version from the stack's config."],
      [/BoxAddNoMatching(Provider)?Version/, "vagrant.box.version in the stack's config has to be one of those that the catalogue lists."],
      [/BoxAddNoMatching(Provider|Architecture)|BoxAddNoArchitectureSupport|BoxNotFound|BoxProviderDoesntMatch/, "vagrant.box in the stack's config has to name a box with Debian 13 for this provider and processor."],
      [/BoxAddShortNotFound|BoxMetadata|DownloaderError/, "the box's catalogue was not reached, or has no such box: try again, or set vagrant.box.file in the stack's config to a box file."],
      [/BoxChecksumMismatch|DownloaderChecksumError/, "the box is not the one that vagrant.box.checksum means: correct that key, or get the file again."],
      [/NetworkNameAndAddressMismatch/, "libvirt has that network with another range: set network.management in the stack's config to the one that it has, such as [192.168.121.0/24]."],
      [/VMBootTimeout|VMBootBadState|SSHConnectionTimeout|NoIpAddressError/, "it did not answer in time: see its console (VirtualBox's window, or virsh console); vagrant halt -f %<name>s and this again tries once more."],
    ].freeze

    def self.on_failure(machine)
      yield
    # What libvirt itself says comes as an error of its own class.
    rescue StandardError => error
      text = "#{error.class} #{error.message}"
      _, advice = KNOWN.find { |pattern, _| pattern.match?(text) }
      raise if advice.nil?
      raise Advised, "#{error.message}\n\n#{machine.name}: #{format(advice, name: machine.name, id: machine.id, stack: Hapair.machines["stack"])}"
    end
  end
end
