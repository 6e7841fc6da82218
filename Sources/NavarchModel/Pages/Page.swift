// SPDX-License-Identifier: MIT

/// A part of a list in a stable order, and where the next part begins.
public struct Page<Element: Sendable>: Sendable {
    /// The part.
    public var elements: [Element]
    /// Opaque to clients; nil on the last page.
    public var next: String?

    /// A part and what follows it.
    public init(_ elements: [Element], next: String?) {
        self.elements = elements
        self.next = next
    }
}
