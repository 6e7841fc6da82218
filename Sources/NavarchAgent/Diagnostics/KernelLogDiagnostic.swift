// SPDX-License-Identifier: MIT
import Foundation

/// What the kernel has complained of since boot: GPUs (Xid), machine checks, memory shortage, disks.
enum KernelLogDiagnostic {
    /// What a line of the kernel's tells of.
    enum Finding: String, CaseIterable, Equatable {
        case xid, machineCheck = "machine_check", outOfMemory = "out_of_memory", ioError = "io_error"

        /// Reads a line; nil for one that tells of nothing that is looked for.
        init?(_ message: String) {
            if message.contains("NVRM: Xid (PCI:"), message.contains("): ") {
                self = .xid
            } else if message.contains("[Hardware Error]")
                || message.hasPrefix("mce: ") && message.contains("ardware error")
            {
                self = .machineCheck
            } else if message.hasPrefix("Out of memory: ") || message.hasPrefix("Memory cgroup out of memory: ") {
                self = .outOfMemory
            } else if message.contains("I/O error") || message.hasPrefix("EXT4-fs error")
                || message.contains("Medium Error")
            {
                self = .ioError
            } else {
                return nil
            }
        }
    }

    private static let mostEvidence = 20

    static func measure(_ report: inout DiagnosticReport) {
        // Without O_NONBLOCK the read at the end of the ring would wait for the next line for ever (gap G44).
        let log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard log >= 0 else { return report.skipped.append("/dev/kmsg: \(String(cString: strerror(errno)))") }
        defer { close(log) }
        var counts: [Finding: Int] = [:]
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var lines = 0
        // A ring of 16 MiB holds fewer lines than this; a kernel that logs faster than we read must not hold us.
        while lines < 1_000_000 {
            let count = read(log, &buffer, buffer.count)
            if count < 0 && (errno == EPIPE || errno == EINTR) { continue }  // EPIPE: lines were overwritten meanwhile
            guard count > 0 else { break }
            lines += 1
            guard let message = message(in: String(decoding: buffer[0..<count], as: UTF8.self)),
                let finding = Finding(message)
            else { continue }
            counts[finding, default: 0] += 1
            if report.evidence.count < mostEvidence { report.evidence.append(message) }
        }
        report.measurements.append(Measurement("lines", Double(lines), "lines"))
        for finding in Finding.allCases {
            report.measurements.append(Measurement(finding.rawValue, Double(counts[finding] ?? 0), "lines", atMost: 0))
        }
    }

    /// The message of a record `priority,sequence,microseconds,flags;message`, if the kernel itself wrote it (facility 0).
    static func message(in record: String) -> String? {
        guard let semicolon = record.firstIndex(of: ";") else { return nil }
        guard let priority = Int(record[..<semicolon].prefix { $0 != "," }), priority >> 3 == 0 else { return nil }
        return String(record[record.index(after: semicolon)...].prefix { $0 != "\n" })
    }
}
