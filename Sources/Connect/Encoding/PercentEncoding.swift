// SPDX-License-Identifier: MIT

/// The percent-encoding of `grpc-message` and of the queries of GET calls.
public enum PercentEncoding {
    /// Encodes a message for `grpc-message`: visible ASCII and space but for `%` stay as they are.
    public static func encodeMessage(_ text: String) -> String {
        encode(text.utf8) { $0 >= 0x20 && $0 <= 0x7e && $0 != UInt8(ascii: "%") }
    }

    /// Encodes a component of a query: only letters, digits and `-._~` stay as they are.
    public static func encodeQuery(_ bytes: some Sequence<UInt8>) -> String {
        encode(bytes) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                true
            default: false
            }
        }
    }

    /// Decodes; a `%` that no two hexadecimal digits follow stays as it is, since a message must never be lost to its own
    /// encoding.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), let (value, next) = hexPair(in: text, after: index) {
                bytes.append(value)
                index = next
            } else {
                bytes.append(byte)
                index = text.index(after: index)
            }
        }
        return bytes
    }

    /// Decodes a `grpc-message`.
    public static func decodeMessage(_ text: String) -> String { String(decoding: decode(text.utf8), as: UTF8.self) }

    private static func hexPair<C: Collection<UInt8>>(in text: C, after percent: C.Index) -> (UInt8, C.Index)? {
        let high = text.index(after: percent)
        guard high < text.endIndex else { return nil }
        let low = text.index(after: high)
        guard low < text.endIndex, let one = hexValue(text[high]), let two = hexValue(text[low]) else { return nil }
        return (one << 4 | two, text.index(after: low))
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func encode(_ bytes: some Sequence<UInt8>, keeping isPlain: (UInt8) -> Bool) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if isPlain(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
