// SPDX-License-Identifier: MIT

import Connect
import SwiftProtobuf

/// Keys that make a call safe to repeat: the same key from the same caller issues one command, however often it arrives (C13).
public enum IdempotencyKey {
    /// A key that nobody else makes: 128 random bits in hexadecimal.
    public static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return [generator.next(), generator.next()].map(hexadecimal).joined()
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension RPCMethod {
    /// The method as it is once its request carries an idempotency key: twice has the effect of once, so the RPC client may
    /// try again what a server may have done already.
    var withKey: RPCMethod { RPCMethod(service: service, name: name, kind: kind, idempotency: .idempotent) }
}
