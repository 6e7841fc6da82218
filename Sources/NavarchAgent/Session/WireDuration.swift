// SPDX-License-Identifier: MIT
import SwiftProtobuf

extension Google_Protobuf_Duration {
    /// The span as Swift has it; at most a thousand years, so that nothing a server sends overflows.
    var span: Duration {
        .seconds(min(max(seconds, -31_556_952_000), 31_556_952_000)) + .nanoseconds(Int64(nanos))
    }
}
