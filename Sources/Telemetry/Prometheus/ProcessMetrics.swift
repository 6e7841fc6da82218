// SPDX-License-Identifier: MIT
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel knows of this process, under the names that Prometheus' client libraries give it.
public enum ProcessMetrics {
    /// Families for ``PrometheusRegistry/collect(_:)``; reads /proc, so it costs a few system calls.
    public static func render() -> String {
        var page = ""
        func add(_ name: String, _ type: String, _ value: Double?) {
            guard let value else { return }
            page += "# TYPE \(name) \(type)\n\(name) \(PrometheusText.number(value))\n"
        }
        add("process_resident_memory_bytes", "gauge", residentBytes)
        add("process_cpu_seconds_total", "counter", cpuSeconds)
        add("process_open_fds", "gauge", openDescriptors)
        return page
    }

    /// Resident memory in bytes: the second field of /proc/self/statm, in pages (proc(5)); nil where there is no such file.
    public static var residentBytes: Double? {
        guard let text = read("/proc/self/statm") else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map {
            $0 * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    private static var cpuSeconds: Double? {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return nil }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static var openDescriptors: Double? {
        // Where /proc is missing there is nothing to tell.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) }
    }

    private static func read(_ path: String) -> String? {
        // Where /proc is missing there is nothing to tell.
        (try? Data(contentsOf: URL(filePath: path))).flatMap { String(data: $0, encoding: .utf8) }
    }
}
