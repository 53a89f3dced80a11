"""The engine: decides what a two-way sync has to do, and does it through connectors. No Django, no HTTP, no clock, no randomness.

    side        left (HubSpot) or right (QuickBooks)
    row         one record or one linked pair of one sync: what each side showed last (seen) and what the two last agreed on (base)
    link        a row that has both sides
    base        per side and mapped field, the values of the moment both sides agreed, each in its side's own representation
    group       mapped fields that are merged together, never one by one
    scope       what the filters let take part
    match       finding the other half of an unlinked row
    decision    what one row needs: a state with its reason, and at most one write for each side
    intent      a write that was stored before it is sent; its row is left alone until the answer is known
    cursor      how far a side was read
    sweep       a pass that lists a whole side, and its number

One run: settle what is open, observe both sides, decide every row that may need something, apply. Each stage leaves rows behind and can go on later.
"""
