// SPDX-License-Identifier: MIT
import SwiftProtobuf

// The way back, `Duration(Google_Protobuf_Duration)`, is SwiftProtobuf's own.
extension Google_Protobuf_Duration {
    /// The same span, to the nanosecond towards zero.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
    }

    /// Whether it is at most ten thousand years long, and seconds and nanoseconds agree in sign, as the well-known type demands.
    public var isInRange: Bool {
        (-315_576_000_000...315_576_000_000).contains(seconds) && (-999_999_999...999_999_999).contains(nanos)
            && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0))
    }
}
