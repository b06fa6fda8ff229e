# Objects of many kinds that come and go; every one of them from malloc (PYTHONMALLOC=malloc).
import json
import sys


def records(count, salt):
    return [
        {"id": number, "name": f"name {number * salt % 9973}", "tags": [str(number)] * (number % 5)}
        for number in range(count)
    ]


def main(rounds):
    total = 0
    kept = []
    for salt in range(1, rounds + 1):
        made = json.loads(json.dumps(records(1200, salt)))
        made.sort(key=lambda record: (record["name"], record["id"]))
        index = {record["name"]: record for record in made}
        words = " ".join(record["name"] for record in made).split()
        text = "".join(word.upper() + "\n" for word in words)
        numbers = [number**7 for number in range(500, 900)]
        total += len(index) + len(text) + sum(numbers) % 1009 + made[salt % 100]["id"]
        kept.append(index)
        if len(kept) > 12:
            del kept[salt % 12]
    print(total)


main(int(sys.argv[1]))
