// SPDX-License-Identifier: MIT
import Glibc

/// The PCI devices that the kernel lists.
struct PCIDevices: Sendable {
    /// Where sysfs is mounted.
    let sysfs: String

    /// NVIDIA devices that are display or 3D controllers; 0 also where the kernel lists none.
    var nvidiaBoards: Int {
        let directory = sysfs + "/bus/pci/devices"
        guard let handle = opendir(directory) else { return 0 }
        defer { closedir(handle) }
        var count = 0
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let vendor = line(of: "\(directory)/\(name)/vendor")
            let kind = line(of: "\(directory)/\(name)/class")
            if vendor == "0x10de" && kind.hasPrefix("0x03") { count += 1 }
        }
        return count
    }

    private func line(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return "" }
        return String(decoding: buffer[0..<count].prefix { $0 > 0x20 }, as: UTF8.self)
    }
}

/// PCI addresses as different tools write them.
public enum PCIAddress {
    /// Four digits of domain, lower case, with function: NVML's `00000000:3B:00.0` and the kernel log's `0000:3b:00` are both
    /// `0000:3b:00.0` (gap G44). Text that is no address is returned in lower case.
    public static func normalized(_ address: String) -> String {
        let lower = address.lowercased()
        let parts = lower.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let last = parts.last else { return lower }
        let domain = parts.count == 3 ? UInt32(parts[0], radix: 16) : 0
        guard let domain, domain <= 0xFFFF else { return lower }
        let digits = String(domain, radix: 16)
        let padded = String(repeating: "0", count: 4 - digits.count) + digits
        let slot = last.contains(".") ? String(last) : last + ".0"
        return "\(padded):\(parts[parts.count - 2]):\(slot)"
    }
}
