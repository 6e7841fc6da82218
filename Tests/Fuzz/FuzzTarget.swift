// SPDX-License-Identifier: MIT

/// One entrance of the product that takes bytes from strangers, and what must hold whatever they send.
protocol FuzzTarget {
    /// Feeds one input.
    /// - Throws: ``Violation`` when something does not hold. A trap or a hang is for the fuzzer itself to see.
    func run(_ input: [UInt8]) throws

    /// Inputs to begin with: one at least for every kind of thing that the target reads.
    var seeds: [[UInt8]] { get }

    /// Words that an input may be made of.
    var dictionary: [String] { get }
}

/// A promise that an input broke.
struct Violation: Error, CustomStringConvertible {
    /// Which, and how.
    let description: String

    /// What was broken.
    init(_ description: String) { self.description = description }
}

/// Throws when `condition` does not hold.
func require(_ condition: Bool, _ promise: @autoclosure () -> String) throws {
    if !condition { throw Violation(promise()) }
}

/// The targets by name.
enum FuzzTargets {
    /// What `make fuzz` runs, a minute each.
    static let names = ["frames", "messages", "json", "text", "storage"]

    /// Inputs that break on purpose: a fuzzer that does not find them proves nothing about the rest.
    static let planted = ["planted-crash", "planted-hang"]

    /// The target of a name; nil where there is none.
    static func target(_ name: String) throws -> (any FuzzTarget)? {
        switch name {
        case "frames": try FramesTarget()
        case "messages": try MessagesTarget(codec: .proto)
        case "json": try MessagesTarget(codec: .json)
        case "text": TextTarget()
        case "storage": StorageTarget()
        case "planted-crash": PlantedTarget(hangs: false)
        case "planted-hang": PlantedTarget(hangs: true)
        default: nil
        }
    }
}

/// Takes an input's first bytes for choices, and leaves the rest.
struct InputReader {
    /// What is left.
    private(set) var rest: ArraySlice<UInt8>

    /// Reads an input.
    init(_ input: [UInt8]) { rest = input[...] }

    /// The next byte; 0 at the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// One of `choices`, as the next byte says.
    mutating func choice<Choice>(_ choices: [Choice]) -> Choice { choices[Int(byte()) % choices.count] }
}
