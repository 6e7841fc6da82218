// SPDX-License-Identifier: MIT
/// SHA-256 by the system's libcrypto. Knows nothing of what it digests.
import CLibcrypto

/// A SHA-256 digest (FIPS 180-4): 32 bytes.
public struct SHA256Digest: Hashable, Sendable {
    /// The 32 bytes of the digest.
    public let bytes: [UInt8]

    /// Digests `content`; O(n) in its length.
    public init(of content: some Collection<UInt8>) {
        let input = Array(content)
        var output = [UInt8](repeating: 0, count: 32)
        let status = EVP_Digest(input, input.count, &output, nil, EVP_sha256(), nil)
        precondition(status == 1, "libcrypto refused to compute SHA-256")
        bytes = output
    }

    /// Lower-case hexadecimal, 64 characters.
    public var hex: String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
