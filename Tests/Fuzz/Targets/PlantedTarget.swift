// SPDX-License-Identifier: MIT

/// A mistake that is there to be found, behind four bytes that nobody would guess.
struct PlantedTarget: FuzzTarget {
    /// Whether it hangs rather than traps.
    let hangs: Bool

    let seeds: [[UInt8]] = [Array("nothing".utf8)]
    let dictionary: [String] = []

    func run(_ input: [UInt8]) throws {
        guard input.count >= 4, input[0] == UInt8(ascii: "P"), input[1] == UInt8(ascii: "l"),
            input[2] == UInt8(ascii: "o"), input[3] == UInt8(ascii: "p")
        else { return }
        var sum = 1
        while hangs { sum &*= 3 }
        sum = input.reduce(Int.max) { $0 + Int($1) }
        try require(sum == 0, "the planted sum did not trap: \(sum)")
    }
}
