// SPDX-License-Identifier: MIT
import NavarchModel
import SwiftProtobuf

extension Google_Protobuf_Timestamp {
    /// The same moment; microseconds are kept exactly.
    public init(_ moment: Timestamp) {
        // Seconds round down and nanoseconds count up from there, before 1970 too, as the well-known type demands.
        let (quotient, remainder) = moment.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let borrow: Int64 = remainder < 0 ? 1 : 0
        self.init(seconds: quotient - borrow, nanos: Int32((remainder + borrow * 1_000_000) * 1_000))
    }

    /// Whether it is a moment of the years 1 to 9999 with nanoseconds of one second, as the well-known type demands.
    public var isInRange: Bool {
        (-62_135_596_800...253_402_300_799).contains(seconds) && (0...999_999_999).contains(nanos)
    }
}

extension Timestamp {
    /// The same moment, to the microsecond below. What is not ``SwiftProtobuf/Google_Protobuf_Timestamp/isInRange``
    /// becomes the nearest moment that is, so that no input can overflow.
    public init(_ wire: Google_Protobuf_Timestamp) {
        let seconds = min(max(wire.seconds, -62_135_596_800), 253_402_300_799)
        let nanos = min(max(wire.nanos, 0), 999_999_999)
        self.init(microseconds: seconds * 1_000_000 + Int64(nanos) / 1_000)
    }
}
