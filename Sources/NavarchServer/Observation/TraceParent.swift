// SPDX-License-Identifier: MIT

/// The header `traceparent` of W3C Trace Context: `version-traceid-parentid-flags`, in lower-case hexadecimal.
struct TraceParent: Equatable, Sendable {
    /// 32 hexadecimal digits, not all zero.
    let traceID: String
    /// 16 hexadecimal digits, not all zero.
    let parentID: String
    /// Whether the caller records its spans.
    let isSampled: Bool

    /// Reads a header; nil for what breaks the format.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        isSampled = flags & 1 == 1
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
    }
}
