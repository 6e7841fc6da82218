// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel

/// Where an agent learns what its host is and how busy it is.
public protocol HostReader: Sendable {
    /// Names, addresses and hardware, as they are now. Blocks for some milliseconds.
    func facts() -> HostSurvey
    /// CPU and memory in use; CPU since the call before with the same `previous`.
    func load(since previous: CPUTimes?) -> HostLoad
    /// Changes with every boot; empty when the host does not say.
    var bootID: String { get }
}

/// What a host is.
public struct HostSurvey: Equatable, Sendable {
    /// Hardware and operating system.
    public var facts = HostFacts()
    /// Names and addresses; without labels.
    public var metadata = NodeMetadata()

    /// An empty survey, to be filled.
    public init() {}
}

/// Reads a Linux host: /proc, /sys, /etc, the interfaces and the file systems. What cannot be read stays empty; nothing is invented.
public struct LinuxHost: HostReader {
    private let root: String

    /// Reads files below `root`; tests give another one than "/".
    public init(root: String = "") { self.root = root }

    /// Changes with every boot.
    public var bootID: String { text("/proc/sys/kernel/random/boot_id") }

    /// Names, addresses and hardware.
    public func facts() -> HostSurvey {
        var survey = HostSurvey()
        survey.facts.bootID = bootID
        survey.facts.machineID = text("/etc/machine-id")
        survey.facts.cpuModel = value(of: "model name", separator: ":", in: "/proc/cpuinfo") ?? ""
        survey.facts.cpuCount = Int32(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        survey.facts.memoryTotal = MemoryInfo(text: text("/proc/meminfo")).total
        survey.facts.disks = Mounts.disks(text("/proc/self/mounts"))
        survey.facts.operatingSystem = operatingSystem
        var name = utsname()
        if uname(&name) == 0 {
            survey.facts.architecture = Self.string(&name.machine)
            survey.metadata.kernelVersion = Self.string(&name.release)
            survey.metadata.hostname = Self.string(&name.nodename)
        }
        let addresses = InterfaceAddresses.ofThisHost(preferred: DefaultRoute.interface(text("/proc/net/route")))
        survey.metadata.internalIP = addresses.internalIP
        survey.metadata.externalIP = addresses.externalIP
        return survey
    }

    /// CPU since `previous`, and memory now.
    public func load(since previous: CPUTimes?) -> HostLoad {
        let times = CPUTimes(text: text("/proc/stat"))
        let memory = MemoryInfo(text: text("/proc/meminfo"))
        return HostLoad(times: times, cpuPercent: times?.usage(since: previous) ?? 0, memory: memory)
    }

    private var operatingSystem: String {
        let name = value(of: "PRETTY_NAME", separator: "=", in: "/etc/os-release") ?? ""
        return name.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }

    private func text(_ path: String) -> String {
        // A file that is not there, or is not readable to us, says nothing: its fact stays empty.
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: root + path)) else { return "" }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func value(of key: String, separator: Character, in path: String) -> String? {
        for line in text(path).split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    private static func string<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
