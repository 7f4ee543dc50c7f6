"""What people write, and how they search for it."""

DIARY = "Sunday\nbandoneon with Ilse\n\tharmonica after supper\r\nzither, out of tune"
LISTS = "to do:\n- varnish the skiff\n- quinces"
# What a suggestion says (its name, then its evidence) · what people type · whether it is found.
FOUND = [
    (("Keeps a rehearsal diary", DIARY), ("bandoneon", "harmonica", "zither", "Sunday bando"), True),
    (("Keeps a rehearsal diary", DIARY), ("nbandoneon", "tharmonica", "content"), False),
    (("Writes lists", LISTS), ("varnish", "skiff", "quinces", "to do"), True),
    (
        ("Jazz/klezmer clarinettist", "Plays weddings/funerals."),
        ("klezmer", "jazz", "funerals", "jazz/klezmer", "klez", "weddings/fun"),
        True,
    ),
    (
        ("Programs in node.js", "ported it to deno.land"),
        ("js", "node", "land", "node.js", "deno.la", "programs land", ".js"),
        True,
    ),
    (("Programs in node.js", "ported it to deno.land"), ("js.node", "odeno", ".ported", "#node"), False),
    (("Likes C++ and C#", "F# too"), ("C++", "c#", "F#", "c", '"C++ and"'), True),
    (("Likes C, chess and cats", "Codes in COBOL"), ("C++", "C#", "c+"), False),
    (("100%_sure about “quotes”", "50% off_season"), ("100%", "%", "50%", "sure", "off", "season", "quotes"), True),
    (("R&D in .NET", "ASP.NET, not dot net"), ("R&D", "&", ".net", ".NET", "asp.net", "asp net"), True),
    (("Net worth & C", "a net."), (".net", "R&D"), False),
    (
        ("Writes to anna.lee@example.org", "see https://www.example.org/a_page?q=tuba#horn"),
        ("anna", "lee", "example", "anna.lee@example.org", "www.example.org", "tuba", "horn", "page", "org/a_page"),
        True,
    ),
    (("Well-known e-mail writer", "C:\\Temp\\notes 12:30 a::b"), ("known", "mail", "well-known", "temp", "30"), True),
    (("Café crème", "crème brûlée"), ("cafe\u0301", "CAFÉ", "cre\u0300me", "bru\u0302l"), True),
    (("Cafe\u0301 cre\u0300me", "cre\u0300me"), ("café", "CRÈME"), True),
    (("Plays gui\u200btar", "soft\xadhyphen"), ("guitar", "softhyphen", "gui\u200dtar"), True),
    (("Ὀδυσσεύς reader", "ΟΔΥΣΣΕΑΣ"), ("οδυσσεασ", "ΟΔΥΣΣΕΑΣ"), True),
    (("ชอบดนตรีแจ๊ส", "ฟังทุกวันที่บ้าน"), ("ดนตรี", "แจ๊ส", "บ้าน", "ชอบดน", "บ"), True),
    (("ชอบดนตรีแจ๊ส", "ฟังทุกวันที่บ้าน"), ("บ้านดนตรี", "แจ๊สฟัง"), False),
    (("ມັກດົນຕີ", "ຟັງທຸກມື້"), ("ດົນຕີ", "ທຸກ"), True),
    (("ចូលចិត្តតន្ត្រី", "រាល់ថ្ងៃ"), ("តន្ត្រី", "ថ្ងៃ"), True),
    (("ဂျက်ဇ်ကိုကြိုက်တယ်", "နေ့တိုင်း"), ("ကြိုက်", "တိုင်း"), True),
    (("喜欢爵士乐", "每天听音乐"), ("爵士", "喜欢", "乐", "音乐", "喜欢 音乐"), True),
    (("喜欢爵士乐", "每天听音乐"), ("士爵", "爵乐", '"乐每"'), False),
    (("ジャズが好き", "ｼﾞｬｽﾞを聴く"), ("ジャズ", "好き", "ｼﾞｬｽﾞ", "聴く"), True),
    (("재즈를 좋아한다", "매일 듣는다"), ("재즈", "좋아", "듣는"), True),
    (("Speaks עִבְרִית and हिन्दी", "🎺 every day"), ("עִבְרִית", "हिन्दी", "🎺"), True),
    (("Loves jazz", "x"), ('"loves ja', "-jazz", "jazz -loves", "law or polka", "law -polka or xylo"), False),
    (("Loves jazz", "x"), ("law or ja", "“loves jazz”", "loves -law", "polka or jazz -law"), True),
    (("Loves jazz", "because of it"), ('"jazz because"',), False),
    (("WWW" * 60, "d" * 4_000), ("www", "d" * 200), True),
]
