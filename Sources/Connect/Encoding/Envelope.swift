// SPDX-License-Identifier: MIT

/// The five bytes before each message of a stream: flags, then the length of what follows, most significant byte first.
public struct EnvelopePrefix: Sendable, Equatable {
    /// How many bytes a prefix takes.
    public static let size = 5

    /// What an envelope's first byte says.
    public struct Flags: OptionSet, Sendable {
        /// The byte itself.
        public let rawValue: UInt8
        /// Flags from the byte.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The payload is compressed with the encoding that the headers name.
        public static let compressed = Flags(rawValue: 0x01)
        /// Connect: this is the last envelope, a JSON object with error and trailers.
        public static let endStream = Flags(rawValue: 0x02)
        /// gRPC-Web: this is the last envelope, the trailers as an HTTP/1.1 header block.
        public static let webTrailers = Flags(rawValue: 0x80)
    }

    /// The flags.
    public var flags: Flags
    /// How many bytes of payload follow.
    public var length: UInt32

    /// A prefix from its parts.
    public init(flags: Flags = [], length: Int) {
        self.flags = flags
        self.length = UInt32(length)
    }

    /// Reads a prefix from the first five of `bytes`; nil when there are fewer.
    public init?(_ bytes: some Sequence<UInt8>) {
        var iterator = bytes.makeIterator()
        guard let flags = iterator.next() else { return nil }
        var length: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = iterator.next() else { return nil }
            length = length << 8 | UInt32(byte)
        }
        self.flags = Flags(rawValue: flags)
        self.length = length
    }

    /// The five bytes.
    public var bytes: [UInt8] {
        [
            flags.rawValue, UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16),
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
        ]
    }

    /// Prefix and payload, ready for the wire.
    public static func envelope(_ payload: [UInt8], flags: Flags = []) -> [UInt8] {
        EnvelopePrefix(flags: flags, length: payload.count).bytes + payload
    }
}
