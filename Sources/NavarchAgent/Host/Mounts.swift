// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel

/// The mounted file systems that are disks.
enum Mounts {
    /// At most this many are reported: a host with thousands of bind mounts is described well enough by these.
    private static let most = 64

    /// Disks of a mount table: one entry a device, the first mount point listed. In a container, where no device is mounted, its root.
    static func disks(_ table: String) -> [HostFacts.Disk] {
        var seen: Set<String> = []
        var disks: [HostFacts.Disk] = []
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3, words[0].hasPrefix("/dev/"), !words[0].hasPrefix("/dev/loop") else { continue }
            let device = String(words[0].dropFirst("/dev/".count))
            guard disks.count < most, seen.insert(device).inserted else { continue }
            disks += disk(device, unescaped(words[1])).map { [$0] } ?? []
        }
        return disks.isEmpty ? disk("root", "/").map { [$0] } ?? [] : disks
    }

    private static func disk(_ device: String, _ mountPoint: String) -> HostFacts.Disk? {
        guard let space = FileSystemSpace(of: mountPoint) else { return nil }
        var disk = HostFacts.Disk()
        disk.device = device
        disk.mountPoint = mountPoint
        disk.sizeTotal = space.total
        return disk
    }

    /// Mount tables write space, tab, newline and backslash as three octal digits.
    static func unescaped(_ word: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Room in a file system.
struct FileSystemSpace: Equatable, Sendable {
    /// Bytes in all.
    let total: Int64
    /// Bytes that an ordinary user may still write.
    let available: Int64
    /// Whether it refuses writes.
    let isReadOnly: Bool

    /// Asks the file system that holds `path`; nil when it does not answer.
    init?(of path: String) {
        var answer = statvfs()
        guard statvfs(path, &answer) == 0 else { return nil }
        total = Int64(clamping: UInt64(answer.f_blocks) &* UInt64(answer.f_frsize))
        available = Int64(clamping: UInt64(answer.f_bavail) &* UInt64(answer.f_frsize))
        isReadOnly = answer.f_flag & UInt(1) != 0  // ST_RDONLY
    }

    /// Per cent of all bytes that are still free; 100 for a file system without bytes.
    var availablePercent: Double { total > 0 ? Double(available) / Double(total) * 100 : 100 }
}
