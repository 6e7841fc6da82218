// SPDX-License-Identifier: MIT

/// How busy a host is.
public struct HostLoad: Equatable, Sendable {
    /// To be handed to the next reading; nil when the kernel's counters could not be read.
    public var times: CPUTimes?
    /// 0 to 100; 0 at the first reading.
    public var cpuPercent: Double
    /// Memory.
    public var memory: MemoryInfo

    /// A reading.
    public init(times: CPUTimes?, cpuPercent: Double, memory: MemoryInfo) {
        self.times = times
        self.cpuPercent = cpuPercent
        self.memory = memory
    }
}

/// The kernel's counters of CPU time, summed over all CPUs: the `cpu` line of /proc/stat.
public struct CPUTimes: Equatable, Sendable {
    /// Ticks of any kind.
    public let total: UInt64
    /// Ticks idle or waiting for disks.
    public let idle: UInt64

    /// Reads /proc/stat; nil without a `cpu` line of at least four numbers.
    public init?(text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        // user nice system idle iowait irq softirq steal; what follows is counted in user and nice already.
        let ticks = line.split(separator: " ").dropFirst().prefix(8).map { UInt64($0) }
        let numbers = ticks.compactMap { $0 }
        guard numbers.count == ticks.count, numbers.count >= 4 else { return nil }
        total = numbers.reduce(0, &+)
        idle = numbers[3] &+ (numbers.count > 4 ? numbers[4] : 0)
    }

    /// Per cent of the time since `previous` that was not idle, 0 to 100; 0 when there is no `previous` or counters went back.
    public func usage(since previous: CPUTimes?) -> Double {
        guard let previous, total > previous.total else { return 0 }
        let elapsed = Double(total - previous.total)
        let idled = idle > previous.idle ? Double(idle - previous.idle) : 0
        return min(100, max(0, (elapsed - idled) / elapsed * 100))
    }
}

/// Memory of a host: two lines of /proc/meminfo.
public struct MemoryInfo: Equatable, Sendable {
    /// Bytes; 0 when unknown.
    public let total: Int64
    /// Bytes that a new program could use without swapping; 0 when unknown.
    public let available: Int64

    /// Reads /proc/meminfo.
    public init(text: String) {
        var values: [Substring: Int64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int64(words[1]) else { continue }
            values[words[0]] = kibibytes.multipliedReportingOverflow(by: 1024).partialValue
        }
        total = values["MemTotal:"] ?? 0
        available = values["MemAvailable:"] ?? 0
    }

    /// Per cent in use, 0 to 100; 0 when unknown.
    public var usedPercent: Double {
        guard total > 0 else { return 0 }
        return min(100, max(0, Double(total - available) / Double(total) * 100))
    }
}
