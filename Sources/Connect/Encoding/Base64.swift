// SPDX-License-Identifier: MIT

/// Base64 as the protocols use it: written without padding, read with or without, in either alphabet.
public enum Base64 {
    /// The bytes in the standard alphabet, without padding.
    public static func encode(_ bytes: [UInt8]) -> String { encode(bytes, alphabet: standard) }

    /// The bytes in the alphabet for URLs, without padding.
    public static func encodeForURL(_ bytes: [UInt8]) -> String { encode(bytes, alphabet: url) }

    /// The bytes of `text`, padded or not, in the standard alphabet or the one for URLs; nil when it is no base64.
    public static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    /// The bytes that the ASCII in `text` stands for; nil when it is no base64.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var accumulator: UInt32 = 0
        var bits = 0
        var padding = 0
        var digits = 0
        for character in text {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let digit = values[Int(character)]
            guard padding == 0, digit < 64 else { return nil }
            digits += 1
            accumulator = accumulator << 6 | UInt32(digit)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
            }
        }
        let isComplete = digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0 && padding <= 2)
        return isComplete ? bytes : nil
    }

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each character; 255 where it is none of either alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in standard.enumerated() { values[Int(character)] = UInt8(value) }
        for (value, character) in url.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var accumulator: UInt32 = 0
        var bits = 0
        for byte in bytes {
            accumulator = accumulator << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(accumulator >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(accumulator << UInt32(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
