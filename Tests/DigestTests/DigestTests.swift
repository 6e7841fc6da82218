// SPDX-License-Identifier: MIT
import Digest
import Testing

/// Vectors of FIPS 180-4, appendix B.
@Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
])
func theDigestIsThatOfTheStandard(text: String, hex: String) {
    #expect(SHA256Digest(of: text.utf8).hex == hex)
}

@Test func equalityLooksAtEveryByte() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
    #expect(constantTimeEqual([], []))
}
