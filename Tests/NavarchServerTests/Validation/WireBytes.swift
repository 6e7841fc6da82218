// SPDX-License-Identifier: MIT

/// Writes protobuf's binary format by hand, so that a test can send what no generated type would.
enum WireBytes {
    static func varint(_ number: Int, _ value: Int64) -> [UInt8] {
        tag(number, 0) + raw(UInt64(bitPattern: value))
    }

    static func double(_ number: Int, _ value: Double) -> [UInt8] {
        let bits = value.bitPattern
        return tag(number, 1) + (0..<8).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
    }

    static func bytes(_ number: Int, _ value: [UInt8]) -> [UInt8] {
        tag(number, 2) + raw(UInt64(value.count)) + value
    }

    static func text(_ number: Int, _ value: String) -> [UInt8] { bytes(number, Array(value.utf8)) }

    static func entry(_ number: Int, _ key: String, _ value: String) -> [UInt8] {
        bytes(number, text(1, key) + text(2, value))
    }

    private static func tag(_ number: Int, _ kind: UInt64) -> [UInt8] { raw(UInt64(number) << 3 | kind) }

    private static func raw(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
