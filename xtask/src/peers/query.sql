-- Tables in memory, filled, indexed, joined, changed; ROWS stands for a number.
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT);
CREATE TABLE sale(item INTEGER, amount INTEGER, customer TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 10007), i % 97 * 1.5,
    substr('a note of some length that is cut somewhere', 1, i % 44) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * ROWS)
INSERT INTO sale SELECT i * 31 % ROWS + 1, i % 13, 'customer ' || (i * 17 % 5003) FROM n;
COMMIT;
CREATE INDEX item_name ON item(name);
CREATE INDEX sale_customer ON sale(customer, item);
SELECT count(*), sum(length(name)) FROM (SELECT name FROM item ORDER BY note, name);
SELECT count(*), sum(total) FROM (
    SELECT customer, sum(amount * price) AS total FROM sale JOIN item ON item.id = sale.item
    GROUP BY customer ORDER BY total);
UPDATE item SET note = note || name WHERE id % 3 = 0;
DELETE FROM sale WHERE amount = 5;
SELECT sum(length(group_concat)) FROM (SELECT group_concat(name) AS group_concat FROM item
    GROUP BY id % 1000);
SELECT count(DISTINCT customer), count(*) FROM sale;
