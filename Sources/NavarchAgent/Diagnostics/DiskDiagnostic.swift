// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel

/// Room, and what writing, syncing and reading a small file in the state directory costs.
enum DiskDiagnostic {
    private static let leastFreePercent = 5.0
    /// A journal's step is one such sync; above this commands crawl.
    private static let slowestSyncMilliseconds = 1_000.0
    /// Slower than any disk that works, network disks included.
    private static let leastWriteMegabytes = 5.0
    private static let block = 1 << 20
    private static let blocks = 16

    static func measure(_ context: DiagnosticContext, _ report: inout DiagnosticReport) {
        if let space = FileSystemSpace(of: context.stateDirectory) {
            report.measurements.append(
                Measurement("free", space.availablePercent, "percent", atLeast: leastFreePercent))
            report.measurements.append(Measurement("free_bytes", Double(space.available), "bytes"))
        } else {
            report.failures.append("no answer from the file system of \(context.stateDirectory)")
        }
        let path = context.stateDirectory + "/diagnostic-\(UUID().uuidString)"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            return report.failures.append("cannot create a file: \(String(cString: strerror(errno)))")
        }
        defer {
            close(file)
            unlink(path)
        }
        write(to: file, &report)
        sync(file, &report)
        read(from: file, &report)
    }

    private static func pattern(_ index: Int) -> [UInt8] {
        (0..<block).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
    }

    private static func write(to file: Int32, _ report: inout DiagnosticReport) {
        var spent = Duration.zero
        for index in 0..<blocks {
            let bytes = pattern(index)
            let start = ContinuousClock.now
            guard pwrite(file, bytes, block, off_t(index * block)) == block else {
                return report.failures.append("write: \(String(cString: strerror(errno)))")
            }
            spent += ContinuousClock.now - start
        }
        let start = ContinuousClock.now
        guard fsync(file) == 0 else { return report.failures.append("sync: \(String(cString: strerror(errno)))") }
        spent += ContinuousClock.now - start
        report.measurements.append(
            Measurement(
                "write_with_sync", Double(blocks * block) / 1e6 / max(1e-9, spent.inSeconds), "MB/s",
                atLeast: leastWriteMegabytes))
    }

    /// The slowest of twenty small synced writes, as the journal makes them.
    private static func sync(_ file: Int32, _ report: inout DiagnosticReport) {
        var times: [Double] = []
        for index in 0..<20 {
            let start = ContinuousClock.now
            let bytes = [UInt8](repeating: UInt8(index), count: 512)
            guard pwrite(file, bytes, bytes.count, off_t(blocks * block)) == bytes.count, fdatasync(file) == 0 else {
                return report.failures.append("sync: \(String(cString: strerror(errno)))")
            }
            times.append((ContinuousClock.now - start).inSeconds * 1_000)
        }
        times.sort()
        report.measurements.append(Measurement("sync_median", times[times.count / 2], "ms"))
        report.measurements.append(Measurement("sync_slowest", times.last ?? 0, "ms", atMost: slowestSyncMilliseconds))
    }

    private static func read(from file: Int32, _ report: inout DiagnosticReport) {
        // Asks the kernel to forget what it holds, so that the disk is read; where it does not, the figure is that of memory.
        _ = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        var bytes = [UInt8](repeating: 0, count: block)
        var spent = Duration.zero
        var wrong = 0
        for index in 0..<blocks {
            let start = ContinuousClock.now
            guard pread(file, &bytes, block, off_t(index * block)) == block else {
                return report.failures.append("read: \(String(cString: strerror(errno)))")
            }
            spent += ContinuousClock.now - start
            if bytes != pattern(index) { wrong += 1 }
        }
        report.measurements.append(
            Measurement("read", Double(blocks * block) / 1e6 / max(1e-9, spent.inSeconds), "MB/s"))
        report.measurements.append(Measurement("blocks_read_wrong", Double(wrong), "blocks", atMost: 0))
    }
}

/// What is left of the memory, and whether a piece of it keeps what is written to it.
enum MemoryDiagnostic {
    private static let leastAvailablePercent = 3.0
    /// Small beside any host's memory; never more than a quarter of what is available.
    private static let most: Int64 = 64 << 20

    static func measure(_ report: inout DiagnosticReport) {
        let memory = LinuxHost().load(since: nil).memory
        guard memory.total > 0 else { return report.failures.append("/proc/meminfo cannot be read") }
        report.measurements.append(Measurement("total_bytes", Double(memory.total), "bytes"))
        report.measurements.append(
            Measurement("available", 100 - memory.usedPercent, "percent", atLeast: leastAvailablePercent))
        let words = Int(min(most, memory.available / 4)) / 8
        var wrong = 0
        let start = ContinuousClock.now
        let cells = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, words))
        defer { cells.deallocate() }
        for seed in [UInt64(0x5555_5555_5555_5555), 0xAAAA_AAAA_AAAA_AAAA] {
            for index in 0..<words { cells[index] = seed ^ UInt64(index) }
            for index in 0..<words where cells[index] != seed ^ UInt64(index) { wrong += 1 }
        }
        let seconds = max(1e-9, (ContinuousClock.now - start).inSeconds)
        report.measurements.append(Measurement("verified_bytes", Double(words * 8), "bytes"))
        report.measurements.append(Measurement("pattern_rate", Double(words * 8 * 4) / 1e6 / seconds, "MB/s"))
        report.measurements.append(Measurement("words_wrong", Double(wrong), "words", atMost: 0))
    }
}
